// Choosing a day means the choice "another day".
const form = document.getElementById("decide");
form?.querySelector("[data-until-day]")?.addEventListener("change", (event) => {
  if (event.target.value) form.querySelector("[data-until]").value = "day";
});
