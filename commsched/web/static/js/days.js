// The days of a page that has no other script of its own for them.

import { startDays } from "./day.js";

startDays(document);
