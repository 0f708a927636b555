// What every form has: counters in code points, "show password", busy buttons.
// [data-max] is counted into [data-count-for=<its id>]; typing past the limit stays possible, saving is refused.
// [data-when-at], the radio that stands for "Date and time", is chosen when an input in [data-when-fields] is touched.
import { all, around, csrfToken, find } from "./dom";

type Text = HTMLInputElement | HTMLTextAreaElement;

/** As Python counts: code points, not UTF-16 units. */
const codePoints = (text: string): number => [...text].length;

function count(field: Text): void {
  const max = Number(field.dataset["max"]);
  const length = codePoints(field.value);
  const over = length > max;
  const out = find(`[data-count-for="${CSS.escape(field.id)}"]`);
  if (out) {
    out.textContent = over ? `${length - max} over` : `${length}/${max}`;
    out.classList.toggle("near", length > max * 0.9 && !over);
    out.classList.toggle("over", over);
  }
  field.classList.toggle("bad", over);
  if (over) field.setAttribute("aria-invalid", "true");
  else if (!document.getElementById(`${field.id}_error`)) field.removeAttribute("aria-invalid");
}

function countAll(inside: ParentNode): void {
  all("[data-max]", inside).forEach((field) => count(field as unknown as Text));
}

function reveal(button: HTMLElement): void {
  const field = document.getElementById(button.dataset["reveal"] ?? "") as HTMLInputElement | null;
  if (!field) return;
  const visible = field.type === "password";
  field.type = visible ? "text" : "password";
  button.setAttribute("aria-pressed", String(visible));
}

/** <button data-busy="Scheduling">: says so while its form is on its way, and can't be pressed twice. */
function busy(button: HTMLButtonElement): void {
  const words = button.dataset["busy"];
  if (!words) return;
  const before = [...button.childNodes];
  const mark = document.createElement("span");
  mark.className = "loading loading-spinner loading-xs";
  button.replaceChildren(mark, words);
  button.setAttribute("aria-busy", "true");
  // After the browser has collected the form's data, which includes this button's own name.
  setTimeout(() => (button.disabled = true));
  const restore = () => {
    button.replaceChildren(...before);
    button.removeAttribute("aria-busy");
    button.disabled = false;
  };
  addEventListener("pageshow", (event) => event.persisted && restore(), { once: true });
  document.addEventListener("htmx:finally:request", restore, { once: true });
}

/** After a form was sent back: to the first field that is wrong, else to what is wrong with the whole. */
function toFirstError(): void {
  const wrong = all("[aria-invalid=true]").find((field) => field.checkVisibility()) ?? find("[data-form-errors]");
  wrong?.focus();
}

export function start(): void {
  toFirstError();
  document.addEventListener("input", (event) => {
    const field = around(event, "[data-max]");
    if (field) count(field as unknown as Text);
    const form = around(event, "[data-when-fields]")?.closest("form");
    const at = form && find<HTMLInputElement>("[data-when-at]", form);
    if (at) at.checked = true;
  });
  document.addEventListener("click", (event) => {
    const button = around(event, "[data-reveal]");
    if (button) reveal(button);
  });
  // <input readonly data-select>: something to copy, chosen as a whole.
  document.addEventListener("focusin", (event) => around<HTMLInputElement>(event, "[data-select]")?.select());
  document.addEventListener("submit", (event) => {
    const token = around(event, "form")?.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
    if (token) token.value = csrfToken();
    if (!event.defaultPrevented && event.submitter instanceof HTMLButtonElement) busy(event.submitter);
  });
}

/** For what is new on the page, after loading and after each swap. */
export function prepare(inside: ParentNode): void {
  countAll(inside);
  for (const button of all<HTMLButtonElement>("[data-reveal]", inside)) button.hidden = false;
}
