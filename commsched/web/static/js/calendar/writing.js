// A double-click on a free place of a day or an hour writes there, as its + does.
export const startWriting = (board) => {
  board.addEventListener("dblclick", (event) => {
    if (event.target.closest("a, button, summary, .ev, .evs")) return;
    const link = (event.target.closest("[data-hour]") ?? event.target.closest(".day"))?.querySelector(":scope > .add, :scope > header .add");
    if (link) window.location.assign(link.href);
  });
};
