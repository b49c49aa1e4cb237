/** What `elbow train` reports, as JSON and for a person; nats of the standardised table. */
import { labelSection } from "./against_label.ts";
import { count, counted, nats, type Section } from "./text.ts";
import type { Trained } from "./train.ts";

/** What `--json` prints. */
export function trainResult({ detector, table, fit, against, bytes }: Trained, model: string) {
  const history = fit.history.map((means) => ({ ...means, reconstruction: -means.reconstruction }));
  const { elbo, reconstruction, kl, activeUnits, validationElbo } = history[fit.epoch - 1];
  const { falseAlarmRate, threshold, calibrationRows, device, warnings } = detector;
  return {
    model,
    bytes,
    data: table.source,
    rows: table.rows,
    columns: table.columns,
    trainingRows: table.rows - calibrationRows,
    calibrationRows,
    epoch: fit.epoch,
    elbo,
    reconstruction,
    kl,
    activeUnits,
    latent: detector.vae.spec.latent[0].size,
    validationElbo,
    stoppedEarly: fit.stoppedEarly,
    skippedSteps: fit.skippedSteps,
    rollbacks: fit.rollbacks,
    falseAlarmRate,
    threshold,
    device,
    warnings,
    label: against,
    history,
  };
}

/** The result for a person. */
export function trainSections(trained: Trained, model: string): Section[] {
  const { detector, table, fit, against, bytes } = trained;
  const last = fit.history[fit.epoch - 1];
  const { calibrationRows, falseAlarmRate, threshold, vae } = detector;
  const label = table.label ? ", label kept out" : "";
  const troubles = fit.skippedSteps + fit.rollbacks;
  return [
    {
      lines: [
        [
          "Data",
          `${table.source} (${counted(table.rows, "row")}, ${
            counted(table.columns.length, "column")
          }${label})`,
        ],
        [
          "Trained on",
          `${counted(table.rows - calibrationRows, "row")}, ${
            count(calibrationRows)
          } more to calibrate`,
        ],
        ["Model", `${model} (${count(bytes)} bytes)`],
        ["Flags rows above", `${nats(threshold)} nats, at a false-alarm rate of ${falseAlarmRate}`],
        [
          "Backend",
          Object.values(vae.device).filter((value) => typeof value === "string").join(", "),
        ],
      ],
    },
    {
      title: `Epoch ${fit.epoch}${
        fit.stoppedEarly ? ", the best: stopped early" : ""
      }; nats per row of the standardised table`,
      lines: [
        ["ELBO", nats(last.elbo)],
        ["  ln p(x | z)", nats(-last.reconstruction)],
        ["  KL", nats(last.kl)],
        ...(last.validationElbo === undefined
          ? []
          : [["Validation ELBO", nats(last.validationElbo)] as const]),
        ["Active units", `${last.activeUnits} of ${vae.spec.latent[0].size}`],
        ...(troubles === 0 ? [] : [
          [
            "Trouble",
            `${counted(fit.skippedSteps, "skipped step")}, ${counted(fit.rollbacks, "rollback")}`,
          ] as const,
        ]),
      ],
    },
    ...(against ? [labelSection(against, table.rows, "all rows, those trained on included")] : []),
  ];
}
