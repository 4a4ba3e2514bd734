// The moment that the player shows, put into the field of seconds.
const film = document.querySelector(".film");
const field = document.querySelector("#f-moment");

document.querySelector("[data-now]")?.addEventListener("click", () => {
  film.pause();
  field.value = film.currentTime.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    numberingSystem: "latn",
    useGrouping: false,
  });
  field.focus();
});
