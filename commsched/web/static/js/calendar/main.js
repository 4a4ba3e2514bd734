// The calendar comes alive: drag, keys, the panel, several at once, and it follows what happens. Each works without.
import { arm, board } from "./page.js";
import { startMoving } from "./moving.js";
import { startSeveral } from "./several.js";
import { startPanel } from "./panel.js";
import { startDragging } from "./dragging.js";
import { startKeys } from "./keys.js";
import { startWriting } from "./writing.js";
import { startLive } from "./live.js";

if (board) {
  arm();
  startMoving();
  startKeys();
  startSeveral();
  startPanel();
  startDragging();
  startWriting(board);
  startLive();
}
