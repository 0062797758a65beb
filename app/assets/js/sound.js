// The sound of news: two short soft notes, made here, if the person has switched them on.
let context;

function note(frequency, start) {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.12, start + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.18);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.2);
}

/** Play it. Silent until the first click on the page: browsers want it so. */
export function chime() {
  if (document.body.dataset.sound !== "on" || !navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  note(660, context.currentTime);
  note(880, context.currentTime + 0.12);
}
