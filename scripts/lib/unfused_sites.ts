/**
 * Finds the instructions of a module that multiply and add in one step: `src/backends/wasm/unfused.ts` replaces them by
 * two. Refuses a module in which the same bytes also occur as part of something else.
 */
import { isFusedMultiplyAdd, type Unfused } from "../../src/backends/wasm/unfused.ts";
import { Reader, SECTION, sectionsOf, skipInstruction, unknown } from "./wasm_reader.ts";

const RELAXED_MADD = 0x105;

/** @throws TypeError for a module with features that `wasm_reader.ts` does not know */
export function unfusedSites(bytes: Uint8Array): Unfused {
  const sections = sectionsOf(bytes);
  const at = (id: number) => new Reader(bytes, sections.get(id)!.start);
  const types = at(SECTION.type), imports = at(SECTION.import);
  const parameters = types.list(() => {
    if (types.byte() !== 0x60) throw unknown("type", types.at);
    const count = types.list(() => types.byte()).length;
    types.list(() => types.byte());
    return count;
  });
  const [memory, ...others] = imports.list(() => {
    imports.text();
    imports.text();
    return imports.byte();
  });
  if (memory !== 2 || others.length > 0) throw unknown("import", imports.at);
  const declared = at(SECTION.function), kinds = declared.list(() => declared.uint());
  const exported = at(SECTION.export);
  const names = new Map(exported.list(() => {
    const name = exported.text();
    exported.byte();
    return [name, exported.uint()] as const;
  }));
  const code = at(SECTION.code);
  let flag = -1, index = 0;
  const functions = code.list((): Unfused["functions"][number] | undefined => {
    const length = code.at, end = code.uint() + code.at;
    const body = code.at;
    const locals = code.list(() => {
      const count = code.uint();
      code.byte();
      return count;
    });
    if (index === names.get("isRelaxed")) flag = flagOf(bytes, body);
    const local = parameters[kinds[index++]] + locals.reduce((sum, count) => sum + count, 0);
    const sites: number[] = [];
    while (code.at < end) {
      const site = code.at;
      if (skipInstruction(code) === RELAXED_MADD) sites.push(site);
    }
    if (code.at !== end) throw unknown("body", body);
    for (let i = body; i < end; i++) {
      if (isFusedMultiplyAdd(bytes, i) && !sites.includes(i)) {
        throw unknown("look-alike of a site", i);
      }
    }
    return sites.length > 0 ? [length, local] : undefined;
  }).filter((each) => each !== undefined);
  const { length } = sections.get(SECTION.code)!;
  return { flag, section: length, functions: relative(functions, length) };
}

/** Offsets relative to the previous one, because they have fewer digits. */
function relative(functions: Unfused["functions"], from: number): Unfused["functions"] {
  return functions.map(([length, local]) => {
    const step = length - from;
    from = length;
    return [step, local];
  });
}

/** The offset of the constant that `isRelaxed` returns; the function does nothing else. */
function flagOf(bytes: Uint8Array, body: number): number {
  const [locals, constant, value, end] = bytes.subarray(body);
  if (locals === 0 && constant === 0x41 && value < 0x40 && end === 0x0b) {
    return body + 2;
  }
  throw unknown("isRelaxed", body);
}
