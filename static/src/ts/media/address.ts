// A picture by its address, inside [data-from-address]: [data-address] the field, [data-address-add] the button,
// [data-address-error] where a refusal is said. Enter in the field adds too. The server answers like an upload: the
// picture's item for the list, or {"error": {"message"}}; what was typed stays until the picture is in.
import { csrfToken, find } from "../shared/dom";

export function bindAddress(root: HTMLElement, url: string, stored: (html: string) => boolean): void {
  const area = find("[data-from-address]", root);
  const field = area && find<HTMLInputElement>("[data-address]", area);
  const button = area && find<HTMLButtonElement>("[data-address-add]", area);
  const error = area && find("[data-address-error]", area);
  if (!area || !field || !button || !error) return;

  const say = (words: string) => {
    error.textContent = words;
    error.hidden = !words;
    field.toggleAttribute("aria-invalid", Boolean(words));
  };

  async function add(): Promise<void> {
    const address = field!.value.trim();
    if (!address) return say("Paste an address first.");
    button!.disabled = true;
    say("");
    try {
      const body = new FormData();
      body.append("url", address);
      const headers = { "X-CSRFToken": csrfToken(), Accept: "text/html, application/json" };
      const answer = await fetch(url, { method: "POST", body, headers });
      const text = await answer.text();
      if (answer.ok && stored(text)) field!.value = "";
      else say(reason(text));
    } catch {
      say("The server did not answer. Try again.");
    } finally {
      button!.disabled = false;
      field!.focus();
    }
  }

  button.addEventListener("click", () => void add());
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // Enter would send the whole form
    void add();
  });
}

function reason(text: string): string {
  try {
    const answer = JSON.parse(text) as { error?: { message?: string } };
    if (answer.error?.message) return answer.error.message;
  } catch {
    // not JSON: the sign-in page, say
  }
  return "You are signed out. Sign in in another tab, then try again.";
}
