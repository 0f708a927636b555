// Menus are <details data-menu>: they open without scripts. Here they close on Escape and on a click elsewhere.
import { all, around, find } from "./dom";

const open = () => all<HTMLDetailsElement>("details[data-menu][open]");

export function start(): void {
  document.addEventListener("click", (event) => {
    const inside = around(event, "details[data-menu]");
    for (const menu of open()) if (menu !== inside) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      find("summary", menu)?.focus();
    }
  });
}
