// <div class="thread-scroll" data-module="strip">: on small screens the day opens at its .is-now.
export default function strip(element: HTMLElement): void {
  const now = element.querySelector<HTMLElement>(".is-now");
  if (now) element.scrollLeft = now.offsetLeft - 64;
}
