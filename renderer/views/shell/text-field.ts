/** Whether text can be typed into the target of an event. */
export const isTextField = (target: EventTarget | null) =>
  target instanceof Element &&
  target.matches('textarea, input:not([type="checkbox"], [type="radio"], [type="range"]), [contenteditable]');
