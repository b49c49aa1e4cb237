/** Pictures of what models produce: grids of images as PNG or SVG, curves and scatter plots as SVG. */
export { type ChartText, COLOURED_SERIES, lineChart, scatterChart, type Series } from "./chart.ts";
export { enlarged, type GridOptions, imageGrid, pairedRows, type Picture } from "./image_grid.ts";
export { latentGrid } from "./manifold.ts";
export { toPng } from "./png.ts";
export { toSvg } from "./svg_image.ts";
