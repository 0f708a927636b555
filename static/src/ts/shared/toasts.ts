// Messages in the corner. Those that report success leave after ten seconds, not while hovered or focused;
// errors stay until closed. The server may add more at any time (htmx out of band), so the region is watched.
import { all, announce, around, find } from "./dom";

const SECONDS = 10;

function arm(toast: HTMLElement): void {
  if (toast.dataset["armed"]) return;
  toast.dataset["armed"] = "yes";
  const close = find<HTMLButtonElement>("[data-dismiss]", toast);
  if (close) close.hidden = false;
  if (toast.dataset["toast"] === "sticky") return;
  let left = SECONDS;
  const clock = setInterval(() => {
    if (!toast.isConnected) clearInterval(clock);
    else if (!toast.matches(":hover, :focus-within") && --left <= 0) {
      clearInterval(clock);
      toast.remove();
    }
  }, 1000);
}

export function toast(kind: "ok" | "err", title: string, text = ""): void {
  const model = document.getElementById(`toast-${kind}`) as HTMLTemplateElement | null;
  const item = model?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
  const region = document.getElementById("toasts");
  if (!item || !region) return;
  const line = find(".t-title", item);
  if (line) line.textContent = title;
  if (text && line) {
    const more = document.createElement("p");
    more.className = "t-text";
    more.textContent = text;
    line.after(more);
  }
  region.append(item);
}

export function start(): void {
  const region = document.getElementById("toasts");
  if (!region) return;
  const armAll = () => all("[data-toast]", region).forEach(arm);
  armAll();
  // What came with the page is not a change, and so no screen reader would say it.
  announce(all("[data-toast] .t-body", region).map((body) => body.innerText).join(". "));
  new MutationObserver(armAll).observe(region, { childList: true });
  region.addEventListener("click", (event) => {
    if (around(event, "[data-dismiss]")) around(event, "[data-toast]")?.remove();
  });
}
