/** Examples of each command, for its help, as they are typed in a folder with tables and models. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  report: ["elbow report sensors.csv"],
  train: [
    "elbow train sensors.csv --out sensors.safetensors",
    "elbow train past.csv --label fault --robust 0.1 --out past.safetensors",
    "elbow train series.csv --window 20 --out series.safetensors",
    "elbow train sensors.csv --spec spec.json --out vae.safetensors",
  ],
  score: [
    "elbow score sensors.safetensors new.csv",
    "elbow score sensors.safetensors new.csv --explain --out scores.csv",
    "elbow score sensors.safetensors - --fdr 0.1 < new.csv",
    "elbow score series.safetensors - --online --vote 3/5 < series.csv",
  ],
  evaluate: ["elbow evaluate sensors.safetensors new.csv --label fault --baselines"],
  drift: ["elbow drift sensors.safetensors new.csv"],
  recalibrate: ["elbow recalibrate sensors.safetensors new.csv --out sensors.safetensors"],
  update: ["elbow update sensors.safetensors new.csv --out sensors.safetensors"],
  encode: [
    "elbow encode sensors.safetensors new.csv --out latents.csv",
    "elbow encode sensors.safetensors new.csv --label fault --out latents.svg",
  ],
  classify: ["elbow classify kinds.safetensors sensors.csv --out classes.csv"],
  sample: [
    "elbow sample vae.safetensors --count 1000 --out rows.csv",
    "elbow sample digits.safetensors --count 100 --out digits.png",
  ],
  reconstruct: ["elbow reconstruct vae.safetensors new.csv --out reconstructed.csv"],
  inspect: ["elbow inspect sensors.safetensors"],
  export: [
    "elbow export sensors.safetensors --to onnx --out graphs",
    "elbow export vae.safetensors --to safetensors --out state.safetensors",
  ],
  import: ["elbow import state.safetensors --likelihood gaussian --out vae.safetensors"],
  bundle: ["elbow bundle sensors.safetensors --target browser --out page"],
  serve: [
    "elbow serve --models models --port 8080",
    "elbow serve --db elbow.db --tokens tokens.txt --train",
  ],
  worker: ["elbow worker --db elbow.db --jobs 2"],
  doctor: ["elbow doctor --json"],
};
