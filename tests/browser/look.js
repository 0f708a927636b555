// What can be seen to be wrong with the page that is open, in words; each function answers a list. Changes nothing.
(() => {
  const name = (element) => {
    const own = element.id ? `#${element.id}` : [...element.classList].slice(0, 2).map((one) => `.${one}`).join("");
    return `${element.tagName.toLowerCase()}${own} “${(element.textContent || element.getAttribute("aria-label") || "").trim().slice(0, 30)}”`;
  };
  /** For eyes: neither hidden, nor a picture's own words, nor one pixel large for screen readers. */
  const isSeen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest("[aria-hidden=true]")) return false;
    for (let up = element; up && up !== document.body; up = up.parentElement)
      if (up.offsetWidth <= 1 && getComputedStyle(up).position === "absolute") return false;
    return true;
  };
  const cuts = (style) => /hidden|clip/.test(style.overflowX) || /hidden|clip/.test(style.overflowY);
  const scrolls = (style) => /auto|scroll/.test(style.overflowX);
  // Ending in an ellipsis is meant: the whole stands on a page of its own.
  const isShortened = (style) => style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";

  function* texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !element || /^(SCRIPT|STYLE|TEMPLATE|OPTION|TEXT)$/i.test(element.tagName) || !isSeen(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) yield { element, box };
    }
  }

  /** Text that runs out of the window, out of a box that cuts it off, or out of a button, chip or field. */
  function cutOff() {
    const found = new Set();
    const width = document.documentElement.clientWidth;
    for (const { element, box } of texts()) {
      let within = true; // of the window: not where something scrolls
      for (let up = element; up && up !== document.body; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (isShortened(style)) { within = false; break; }
        const frame = up.getBoundingClientRect();
        const tight = cuts(style) || up.matches(".btn, .chip, .chip-plain, .seg > *, .tabbar a, .slot, .masthead, .count-badge");
        if (tight && !scrolls(style)) {
          if (box.right > frame.right + 1.5 || box.left < frame.left - 1.5) found.add(`${name(element)} is wider than ${name(up)}`);
          if (box.bottom > frame.bottom + 2.5 || box.top < frame.top - 2.5) found.add(`${name(element)} is higher than ${name(up)}`);
        }
        if (scrolls(style)) { within = false; break; }
      }
      if (within && (box.right > width + 1 || box.left < -1)) found.add(`${name(element)} leaves the window`);
    }
    for (const field of document.querySelectorAll("select, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])"))
      if (isSeen(field) && field.clientHeight < parseFloat(getComputedStyle(field).fontSize) * 1.15) found.add(`${name(field)} is lower than its text`);
    return [...found];
  }

  /** Text upon text. What floats above the page (masthead, tab bar, messages) is above on purpose. */
  function overlaps() {
    const floats = (element) => {
      for (let up = element; up; up = up.parentElement) if (/fixed|sticky/.test(getComputedStyle(up).position)) return true;
      return false;
    };
    const all = [...texts()].filter(({ element }) => !floats(element)).map(visiblePart).filter(Boolean);
    all.sort((a, b) => a.top - b.top);
    const found = new Set();
    all.forEach((one, n) => {
      for (let m = n + 1; m < all.length && all[m].top < one.bottom - 3; m++) {
        const other = all[m];
        if (one.element !== other.element && other.left < one.right - 3 && other.right > one.left + 3)
          found.add(`${name(one.element)} and ${name(other.element)}`);
      }
    });
    return [...found];
  }
  function visiblePart({ element, box }) {
    const part = { element, left: box.left, right: box.right, top: box.top, bottom: box.bottom };
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (!cuts(style) && !scrolls(style)) continue;
      const frame = up.getBoundingClientRect();
      part.left = Math.max(part.left, frame.left);
      part.right = Math.min(part.right, frame.right);
      part.top = Math.max(part.top, frame.top);
      part.bottom = Math.min(part.bottom, frame.bottom);
    }
    return part.right - part.left > 1 && part.bottom - part.top > 1 ? part : null;
  }

  const FOCUSABLE = "a[href], button:not(:disabled), input:not([type=hidden], :disabled), select, textarea, summary, [tabindex='0']";
  const reachable = () => [...document.querySelectorAll(FOCUSABLE)].filter(
    (element) => element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }));

  /** What can be focused but looks the same with the focus as without. */
  function unmarked() {
    const looks = (element) => {
      const marks = [];
      for (let up = element, n = 0; up && n < 3; up = up.parentElement, n++) {
        const style = getComputedStyle(up);
        const outline = style.outlineStyle === "auto" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5) ? style.outline : "";
        marks.push(outline, style.boxShadow, style.borderColor);
      }
      return marks.join("|");
    };
    const found = [];
    const before = document.activeElement;
    for (const element of reachable()) {
      document.activeElement?.blur();
      const resting = looks(element);
      element.focus({ preventScroll: true, focusVisible: true });
      if (document.activeElement !== element) found.push(`${name(element)} takes no focus`);
      else if (looks(element) === resting) found.push(`${name(element)} shows no focus`);
      else if (element.checkVisibility({ opacityProperty: true }) === false) found.push(`${name(element)} is focused unseen`);
    }
    before?.focus?.({ preventScroll: true });
    document.activeElement?.blur();
    return found;
  }

  /** Said by nothing but where it stands or what colour it has. */
  function unsaid() {
    const found = [];
    for (const link of document.querySelectorAll("nav a[href]"))
      if (isSeen(link) && link.closest("nav[aria-label=Main]") && link.pathname === location.pathname && !link.matches(".plus") && !link.hasAttribute("aria-current"))
        found.push(`${name(link)} leads here and has no aria-current`);
    for (const field of document.querySelectorAll("[aria-invalid=true]")) {
      const notes = (field.getAttribute("aria-describedby") ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent.trim());
      if (!notes.some(Boolean)) found.push(`${name(field)} is wrong without a word`);
    }
    for (const field of document.querySelectorAll("input[type=password]"))
      if (!field.autocomplete) found.push(`${name(field)} tells password managers nothing`);
    for (const mark of document.querySelectorAll(".chip, .pinhead"))
      if (!mark.closest("[aria-hidden=true]") && (!mark.textContent.trim() || !mark.querySelector("svg"))) found.push(`${name(mark)} is told by its colour`);
    if (!document.documentElement.lang) found.push("the page has no language");
    return found;
  }

  /** With the reader's own colours: a button without an edge, a present place that looks like the others. */
  function unlined() {
    const found = [];
    for (const button of document.querySelectorAll(".btn"))
      if (isSeen(button) && getComputedStyle(button).borderStyle === "none") found.push(`${name(button)} has no edge`);
    for (const here of document.querySelectorAll(".seg [aria-current], .subnav [aria-current], .statustabs [aria-current], .nav [aria-current]")) {
      const mark = getComputedStyle(here, "::after");
      const isLined = getComputedStyle(here).outlineStyle !== "none" || mark.backgroundColor !== getComputedStyle(document.body).backgroundColor;
      if (isSeen(here) && !isLined) found.push(`${name(here)} is where we are, unseen`);
    }
    return found;
  }

  /** What has the focus lies under something else, or outside the window. */
  function covered() {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    if (element.matches("body, main, .sr-only, [role=group], input[type=file]") || !box.width) return [];
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.2], [0.5, 0.8]];
    const isOpen = points.some(([x, y]) => {
      const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
      return top && (element.contains(top) || top.contains(element) || top.closest("label")?.control === element);
    });
    return isOpen ? [] : [`${name(element)} has the focus, covered`];
  }

  /** Whatever moves, or would move when it changes. */
  function moving() {
    const parts = [...document.querySelectorAll("*")].flatMap((element) => ["", "::before", "::after"].map((part) => [element, part]));
    return parts
      .filter(([element, part]) => {
        const style = getComputedStyle(element, part || null);
        const changes = style.transitionDuration.split(", ").some((time) => time !== "0s");
        const turns = element.matches(".loading") && style.maskImage.includes("svg"); // the picture itself turns
        return style.animationName !== "none" || changes || turns || style.scrollBehavior !== "auto";
      })
      .map(([element, part]) => `${element.tagName}.${element.getAttribute("class")}${part}`);
  }

  const sideways = () => {
    const over = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - document.documentElement.clientWidth;
    return over > 0 ? [`${over} px sideways`] : [];
  };
  return { sideways, cutOff, overlaps, unmarked, unsaid, unlined, covered, moving };
})()
