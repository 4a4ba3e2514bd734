import { forgetSent } from "./composer/sent.js";

forgetSent();
