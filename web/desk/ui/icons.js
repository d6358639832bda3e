// The desk's icons, drawn in lines on 24 by 24.

const SHAPES = {
  inbox: "M4 13l2.5-8h11L20 13v6H4zM4 13h5a3 3 0 006 0h5",
  box: "M4 8l8-4.5 8 4.5v8.5L12 21l-8-4.5zM4 8l8 4.5L20 8M12 12.5V21M8 5.700l8 4.600",
  phone: "M6 3h3l2 5-2.5 1.5a11 11 0 006 6L16 13l5 2v3a3 3 0 01-3 3A15 15 0 013 6a3 3 0 013-3z",
  chart: "M4 20h16M7 16v-5M12 16V5M17 16V9",
  people:
    "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20a6.5 6.5 0 0113 0M16 4.5a3.5 3.5 0 010 6M18 14.5a6.5 6.5 0 013.5 5.5",
  person: "M12 11.5a4 4 0 100-8 4 4 0 000 8zM4.5 20.5a7.5 7.5 0 0115 0",
  shield: "M12 3l7.5 3v5.5c0 4.5-3 7.5-7.5 9.5-4.5-2-7.5-5-7.5-9.5V6zM9 12l2 2 4-4",
  sliders: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  help: "M12 21a9 9 0 100-18 9 9 0 000 18zM9.5 9.5a2.5 2.5 0 015 0c0 1.8-2.5 2-2.5 4M12 17h.01",
  leave: "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
  search: "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l4.5 4.5",
  filter: "M4 6h16M7 12h10M10 18h4",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  info: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v5M12 8h.01",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  clip: "M19 11l-7.5 7.5a4.5 4.5 0 01-6.4-6.4L13 4.2a3 3 0 014.3 4.3L9.6 16.200a1.500 1.500 0 01-2.200-2.200L14 7.500",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  at: "M12 15.500a3.500 3.500 0 100-7 3.500 3.500 0 000 7zM15.500 8.500v5a2.500 2.500 0 005 0V12a8.500 8.500 0 10-3.500 6.900",
  send: "M4 12l16-8-5 16-3.500-6.500zM11.500 13.500L20 4",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 2",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 14.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5z",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 017 0v3",
};

/** @param {keyof typeof SHAPES} name */
export function icon(name) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  drawn.append(path);
  return drawn;
}
