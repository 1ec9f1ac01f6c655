// The shop's pages, made live.

import * as countdown from "./countdown.js";
import * as enhance from "./enhance.js";
import * as forms from "./forms.js";
import * as items from "./items.js";
import { connect } from "./live.js";
import * as refresh from "./refresh.js";

for (const part of [enhance, forms, items, countdown, refresh]) part.start();
if (document.body.dataset.stream) connect(document.body.dataset.stream);
