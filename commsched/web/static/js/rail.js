// The menu on a desk can be narrowed to its icons; this browser remembers it in a cookie that the server reads.

const frame = document.querySelector(".frame.with-rail");
const fold = frame?.querySelector("[data-fold-rail]");
const YEAR = 31536000;

if (fold) {
  fold.hidden = false;
  fold.addEventListener("click", () => {
    const narrow = frame.classList.toggle("narrow-rail");
    fold.setAttribute("aria-pressed", String(narrow));
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `rail=${narrow ? "narrow" : ""}; Path=/; Max-Age=${narrow ? YEAR : 0}; SameSite=Lax${secure}`;
  });
}
