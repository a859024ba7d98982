// Keeps the card for the way without a network. What it keeps is the member's own page, and it lets it go at once
// when the server says that nobody is logged in here any more.
const KNOWN = {{ known|safe }};
const CACHE = `card-${KNOWN.home}-${KNOWN.version}`;
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
    event.waitUntil(
        caches.open(CACHE).then((cache) => cache.addAll([...KNOWN.parts, KNOWN.offline])).then(() => self.skipWaiting()),
    );
});

self.addEventListener("activate", (event) => {
    const stale = (name) => name.startsWith(`card-${KNOWN.home}-`) && name !== CACHE;
    event.waitUntil(
        caches.keys()
            .then((names) => Promise.all(names.filter(stale).map((name) => caches.delete(name))))
            .then(() => self.clients.claim()),
    );
});

const fetchInTime = (request) =>
    Promise.race([fetch(request), new Promise((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE))]);

const isHome = (url) => new URL(url).pathname === KNOWN.home;

const open = async (request) => {
    const cache = await caches.open(CACHE);
    try {
        const home = isHome(request.url);
        const known = home && (await cache.match(KNOWN.home));
        const answer = await (known ? fetchInTime(request) : fetch(request));
        if (home && answer.ok && !answer.redirected && isHome(answer.url)) await cache.put(KNOWN.home, answer.clone());
        // sent to the way in: the card of somebody who is not logged in is not to be seen here
        else if (home) await cache.delete(KNOWN.home);
        return answer;
    } catch {
        return (isHome(request.url) && (await cache.match(KNOWN.home))) || (await cache.match(KNOWN.offline));
    }
};

self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET") return;
    if (request.mode === "navigate") event.respondWith(open(request));
    else if (KNOWN.parts.includes(new URL(request.url).pathname))
        event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept || fetch(request)));
});
