// Menus are <details data-menu>: they open without scripts. Here they close on Escape, on a click elsewhere and when the
// focus leaves; the arrow keys, Home and End move among what is in them.
import { all, around, find } from "./dom";

const WAYS: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at <= 0 ? count : at) - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

const open = () => all<HTMLDetailsElement>("details[data-menu][open]");
const items = (menu: HTMLElement) => all("a[href], button", menu).filter((item) => item.checkVisibility());

function move(menu: HTMLDetailsElement, event: KeyboardEvent): void {
  const way = WAYS[event.key];
  if (!way || (!menu.open && !event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  menu.open = true;
  const list = items(menu);
  list[way(list.indexOf(document.activeElement as HTMLElement), list.length)]?.focus();
}

export function start(): void {
  const closeAllBut = (inside: Element | null) => {
    for (const menu of open()) if (menu !== inside) menu.open = false;
  };
  document.addEventListener("click", (event) => closeAllBut(around(event, "details[data-menu]")));
  document.addEventListener("focusin", (event) => closeAllBut(around(event, "details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      for (const menu of open()) {
        menu.open = false;
        find("summary", menu)?.focus();
      }
      return;
    }
    const menu = around<HTMLDetailsElement>(event, "details[data-menu]");
    if (menu) move(menu, event);
  });
}
