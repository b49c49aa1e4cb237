/** Pictures of what models make: grids of images as PNG, curves and scatters as SVG. */
export { type ChartText, lineChart, scatterChart, type Series } from "./chart.ts";
export { type GridOptions, imageGrid, pairedRows, type Picture } from "./image_grid.ts";
export { latentGrid } from "./manifold.ts";
export { toPng } from "./png.ts";
