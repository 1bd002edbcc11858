// The foreign origin's half: sends what the page around it names, and tells it what this origin got to see.
import {asks, send} from "./asks.js";

const {api, origin} = await (await fetch("settings")).json();

addEventListener("message", async ({origin: from, source, data}) => {
  const ask = asks.find(each => each.name === data.name);
  if (from !== origin || !ask) return;
  source.postMessage({id: data.id, seen: await send(ask, api, data.id)}, from);
});
parent.postMessage("ready", origin);
