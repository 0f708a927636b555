// Clears static/dist, then puts the icon sprite and the fonts there: same origin, so CSP 'self' is enough.
// The sprite holds the icons that templates, Python and TypeScript name; a name Tabler doesn't have fails the build.
import fs from "node:fs";
import path from "node:path";

const OUT = "static/dist";
const SOURCES = ["templates", "pins", "accounts", "static/src/ts"];
const FONTS = ["figtree", "bricolage-grotesque"];
const SUBSETS = ["latin", "latin-ext"];
// {% icon "pencil" %} · icon="pencil" · icon: "pencil" · icon("pencil")
const NAMED = [/\{%\s*icon\s+(?:[\w.]+\|default:)?["']([a-z0-9-]+)["']/g, /\bicon["']?\s*[=:(]\s*["']([a-z0-9-]+)["']/g];

function* files(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(full);
    else if (/\.(html|txt|ts|py)$/.test(entry.name)) yield full;
  }
}

function iconsInUse() {
  const names = new Set();
  for (const folder of SOURCES)
    for (const file of files(folder)) {
      const text = fs.readFileSync(file, "utf8");
      for (const pattern of NAMED) for (const [, name] of text.matchAll(pattern)) names.add(name);
    }
  return [...names].sort();
}

function symbol(name) {
  const filled = name.endsWith("-filled");
  const file = `node_modules/@tabler/icons/icons/${filled ? "filled" : "outline"}/${filled ? name.slice(0, -7) : name}.svg`;
  if (!fs.existsSync(file)) throw new Error(`Tabler has no icon "${name}"`);
  const drawing = fs
    .readFileSync(file, "utf8")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
    .match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1]
    .replace(/\s*\n\s*/g, "");
  const paint = filled ? ' fill="currentColor" stroke="none"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${paint}>${drawing}</symbol>`;
}

const icons = iconsInUse();
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${icons.map(symbol).join("")}</svg>`;

fs.rmSync(OUT, { recursive: true, force: true });
fs.mkdirSync(`${OUT}/fonts`, { recursive: true });
fs.writeFileSync(`${OUT}/icons.svg`, sprite);

for (const font of FONTS)
  for (const subset of SUBSETS) {
    const name = `${font}-${subset}-wght-normal.woff2`;
    fs.copyFileSync(`node_modules/@fontsource-variable/${font}/files/${name}`, `${OUT}/fonts/${name}`);
  }

console.log(`${icons.length} icons, ${FONTS.length * SUBSETS.length} fonts`);
