// The moment that the player shows, put into the field of seconds.
const film = document.querySelector(".film");
const field = document.querySelector("#f-moment");

document.querySelector("[data-now]")?.addEventListener("click", () => {
  film.pause();
  field.value = film.currentTime.toFixed(1).replace(".", document.documentElement.lang === "en" ? "." : ",");
  field.focus();
});
