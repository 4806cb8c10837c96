import type { Definition } from "./index.js";

/** A provider that the package knows, as the definition that it is read by. */
declare const definition: Definition;
export default definition;
