// The door page follows its server: what changes is sent as the very page, and put in its place.
const live = document.getElementById("live");
const gone = document.getElementById("gone");
let missed = 0;

const source = new EventSource(live.dataset.events);
source.addEventListener("open", () => {
  missed = 0;
  gone.hidden = true;
});
source.addEventListener("door", (event) => {
  live.innerHTML = event.data;
});
source.addEventListener("error", () => {
  // Each answer ends at once, and the browser comes again by itself: only what goes on failing is told.
  missed += 1;
  if (source.readyState === EventSource.CLOSED || missed > 3) gone.hidden = false;
});
