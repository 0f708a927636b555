// <form data-confirm="Delete 3 Pins?" data-confirm-text="…" data-confirm-ok="Delete 3 Pins" data-confirm-cancel="Keep them">
// asks in the page's one dialog and, after a yes, sends the form with confirmed=1. Without scripts that field is missing,
// and the view asks on a page of its own (components/_confirm_page.html). A submit button may carry the attributes too.
import { around, find } from "./dom";

let agreed: HTMLFormElement | null = null;

function mark(form: HTMLFormElement): void {
  if (form.elements.namedItem("confirmed")) return;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "confirmed";
  field.value = "1";
  form.append(field);
}

function ask(words: DOMStringMap, then: () => void): void {
  const dialog = document.getElementById("confirm") as HTMLDialogElement;
  const write = (part: string, text: string) => {
    const element = find(`[data-part="${part}"]`, dialog);
    if (element) element.textContent = text;
  };
  const title = find("h2", dialog);
  if (title) title.textContent = words["confirm"] ?? "";
  write("text", words["confirmText"] ?? "");
  write("ok", words["confirmOk"] ?? "Go on");
  write("cancel", words["confirmCancel"] ?? "Cancel");
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && then(), { once: true });
  dialog.showModal();
}

export function start(): void {
  // Capturing, so that htmx and the modules see the submit only once it is agreed to.
  document.addEventListener(
    "submit",
    (event) => {
      const form = around<HTMLFormElement>(event, "form");
      const button = event.submitter;
      const words = [button, form].find((element) => element?.dataset["confirm"])?.dataset;
      if (!form || !words) return;
      if (agreed === form) {
        agreed = null;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(words, () => {
        agreed = form;
        mark(form);
        form.requestSubmit(button);
      });
    },
    { capture: true },
  );
  // A click on the backdrop is a no.
  const dialog = document.getElementById("confirm") as HTMLDialogElement | null;
  dialog?.addEventListener("click", (event) => event.target === dialog && dialog.close("no"));
}
