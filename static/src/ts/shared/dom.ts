// Small words for the document that every module needs.

export const find = <T extends HTMLElement>(selector: string, inside: ParentNode = document): T | null =>
  inside.querySelector<T>(selector);

export const all = <T extends HTMLElement>(selector: string, inside: ParentNode = document): T[] => [
  ...inside.querySelectorAll<T>(selector),
];

/** The nearest element around an event's target that fits. */
export const around = <T extends HTMLElement>(event: Event, selector: string): T | null =>
  event.target instanceof Element ? event.target.closest<T>(selector) : null;

export const clamp = (value: number, low = 0, high = 1): number => Math.max(low, Math.min(high, value));

/** Says something to screen readers, without moving the focus. */
export function announce(text: string): void {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** The cookie's token is the newest: signing in again in another tab changes it under an open page. */
export function csrfToken(): string {
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return cookie ?? find<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}
