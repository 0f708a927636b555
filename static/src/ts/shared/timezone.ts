// Tells the server the browser's time zone: fills <input data-browser-tz> that has no value yet.
import { all } from "./dom";

export function prepare(inside: ParentNode): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  for (const field of all<HTMLInputElement | HTMLSelectElement>("[data-browser-tz]", inside))
    if (!field.value || field.dataset["browserTz"] === "always") field.value = zone;
}
