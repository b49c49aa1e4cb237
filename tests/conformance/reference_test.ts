import { openReference } from "../../src/backends/reference/backend.ts";
import { runConformance } from "./conformance.ts";
runConformance("reference", openReference);
