// Light or dark: the form posts to the server, which writes the choice into every page; here it shows at once.
import { all, find } from "./dom";

type Theme = "light" | "dark";
const NAMES: Record<Theme, string> = { light: "linen", dark: "damson" };
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function shown(): Theme {
  const name = root.dataset["theme"];
  if (name) return name === NAMES.dark ? "dark" : "light";
  return system.matches ? "dark" : "light";
}

function relabel(): void {
  const next: Theme = shown() === "dark" ? "light" : "dark";
  for (const button of all<HTMLButtonElement>("[data-theme-form] button")) {
    button.value = next;
    button.setAttribute("aria-label", `Use ${next} theme`);
  }
}

export function start(): void {
  relabel();
  system.addEventListener("change", () => {
    relabel();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
  for (const form of all<HTMLFormElement>("[data-theme-form]"))
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(form);
      const theme: Theme = shown() === "dark" ? "light" : "dark";
      data.set("theme", theme);
      root.dataset["theme"] = NAMES[theme];
      relabel();
      document.dispatchEvent(new CustomEvent("themechange"));
      void fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => undefined);
      find<HTMLButtonElement>("button", form)?.focus();
    });
}
