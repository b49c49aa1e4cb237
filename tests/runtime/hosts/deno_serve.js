/** Deno's own server: `deno serve --port P deno_serve.js`; the subject lies beside it. */
import { handlerFor } from "./host.js";

export default await handlerFor("subject.json");
