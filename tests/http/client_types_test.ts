/**
 * The client's types, which are written by hand, equal those of the schemas in both directions. The compiler checks it.
 */
import assert from "node:assert/strict";
import type * as v from "npm:valibot@1.5.0";
import { ANSWERS } from "../../src/http/openapi/answer_schemas.ts";
import type {
  AliasTarget,
  Answers,
  LogLikelihoodRequest,
  SampleRequest,
  ScoreJobRequest,
  ScoreRequest,
  TrainRequest,
} from "../../src/http/client/client_types.ts";
import { aliasBody, OPTIONS, scoreJobBody } from "../../src/http/schemas.ts";
import type { trainBody } from "../../src/http/jobs/train_schema.ts";

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Same<A, B> = [DeepReadonly<A>] extends [DeepReadonly<B>]
  ? [DeepReadonly<B>] extends [DeepReadonly<A>] ? true : false
  : false;

/** True if the type is that of the schema; otherwise the test does not compile. */
const SAME: {
  readonly [N in keyof Answers]: Same<Answers[N], v.InferOutput<(typeof ANSWERS)[N]>>;
} = {
  Models: true,
  Model: true,
  Versions: true,
  Stored: true,
  Alias: true,
  Aliases: true,
  Job: true,
  Jobs: true,
  Upload: true,
  Uploads: true,
  Encoded: true,
  Rows: true,
  Scores: true,
  Verdict: true,
  LogLikelihoods: true,
  Problem: true,
};

const SAME_OPTIONS: readonly [
  Same<ScoreRequest, v.InferInput<typeof OPTIONS.score>>,
  Same<SampleRequest, Omit<v.InferInput<typeof OPTIONS.sample>, "count">>,
  Same<LogLikelihoodRequest, v.InferInput<typeof OPTIONS.logLikelihood>>,
  Same<ScoreJobRequest, Omit<v.InferInput<typeof scoreJobBody>, "upload">>,
  Same<AliasTarget, v.InferOutput<typeof aliasBody>>,
  Same<TrainRequest, Omit<v.InferInput<typeof trainBody>, "rows" | "upload">>,
  Same<{ a: string }, { a?: string }>,
] = [true, true, true, true, true, true, false];

Deno.test("the client's types are those of the schemas", () => {
  assert.ok(Object.entries(SAME).every(([name, same]) => same && name in ANSWERS));
  assert.deepEqual(SAME_OPTIONS, [true, true, true, true, true, true, false]);
  assert.ok(aliasBody && scoreJobBody && OPTIONS);
});
