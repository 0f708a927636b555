// The entry of every page. Starts what all pages share, then binds one module to each [data-module="name …"].
// Modules live in their own chunks and are fetched only where they are named, on the page or in a later swap.
import { all } from "./shared/dom";
import * as confirm from "./shared/confirm";
import * as fields from "./shared/fields";
import * as menus from "./shared/menus";
import * as requests from "./shared/requests";
import * as shortcuts from "./shared/shortcuts";
import * as theme from "./shared/theme";
import * as timezone from "./shared/timezone";
import * as toasts from "./shared/toasts";

type Module = { default: (element: HTMLElement) => void };

const MODULES: Record<string, () => Promise<Module>> = {
  chart: () => import("./analytics/chart"),
  composer: () => import("./compose/composer"),
  masonry: () => import("./schedule/masonry"),
  strip: () => import("./schedule/strip"),
};

async function bind(element: HTMLElement): Promise<void> {
  const names = (element.dataset["module"] ?? "").split(/\s+/).filter(Boolean);
  delete element.dataset["module"]; // bound once; a swap brings a fresh element
  for (const name of names) {
    const load = MODULES[name];
    if (!load) throw new Error(`No module is called "${name}"`);
    (await load()).default(element);
  }
}

function prepare(inside: ParentNode): void {
  fields.prepare(inside);
  timezone.prepare(inside);
  for (const element of all("[data-module]", inside)) void bind(element);
}

confirm.start(); // first: it must see a submit before the others
for (const part of [toasts, theme, menus, fields, requests, shortcuts]) part.start();
prepare(document);
document.addEventListener("htmx:after:swap", () => prepare(document));
