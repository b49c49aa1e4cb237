/** The page of a browser bundle: its document and its style. MODEL stands for the model's name. */

/** The document; its policy keeps it from loading anything from elsewhere. */
export const PAGE_HTML = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:">
<title>MODEL · Elbow</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="page.js"></script>
</head>
<body>
<header>
  <h1>MODEL</h1>
  <p id="about">Loading the model …</p>
</header>
<form id="form">
  <label for="rows">Rows, as CSV; a first line may name the columns</label>
  <textarea id="rows" rows="8" spellcheck="false" autocomplete="off"></textarea>
  <p>
    <button id="score" disabled>Score</button>
    <label class="button">Open a file<input id="file" type="file" accept=".csv,.txt,text/csv"></label>
    <a id="save" class="button" hidden download="scores.csv">Save the scores</a>
  </p>
</form>
<p id="outcome" role="status"></p>
<table hidden>
  <thead><tr><th>row</th><th>score</th><th>p-value</th><th>anomaly</th><th>columns to blame (nats)</th></tr></thead>
  <tbody id="verdicts"></tbody>
</table>
<footer>Rows stay in this page: nothing is sent anywhere.</footer>
</body>
</html>
`;

/** The style, light and dark. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --line: light-dark(#d8d8d8, #444);
  --alarm: light-dark(#b3261e, #ff8a80);
  --quiet: light-dark(#666, #aaa);
}
body {
  font: 16px/1.5 system-ui, sans-serif;
  max-width: 60rem;
  margin: 2rem auto;
  padding: 0 1rem;
}
h1 { margin: 0; }
#about, footer, label[for] { color: var(--quiet); }
#outcome.bad { color: var(--alarm); }
textarea {
  box-sizing: border-box;
  width: 100%;
  font: 14px/1.4 ui-monospace, monospace;
  padding: 0.5rem;
}
button, .button {
  font: inherit;
  display: inline-block;
  padding: 0.3rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: 0.4rem;
  background: transparent;
  color: inherit;
  text-decoration: none;
  cursor: pointer;
}
button:disabled { opacity: 0.5; cursor: default; }
[hidden] { display: none; }
.button:focus-within { outline: 2px solid; }
input[type="file"] { position: absolute; opacity: 0; width: 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.25rem min(0.6rem, 1vw); border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { text-align: left; overflow-wrap: anywhere; }
tr.anomaly td { color: var(--alarm); font-weight: 600; }
footer { margin-top: 2rem; font-size: 14px; }
`;
