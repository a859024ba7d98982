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

// The card that an earlier worker kept goes along; on a first visit it is fetched once more, for the page that is on
// the screen came before there was a worker. For somebody who is not logged in the server leads elsewhere.
const keepCard = async (older) => {
    const cache = await caches.open(CACHE);
    if (await cache.match(KNOWN.home)) return;
    for (const name of older) {
        const page = await (await caches.open(name)).match(KNOWN.home);
        if (page) return cache.put(KNOWN.home, page);
    }
    const page = await fetch(KNOWN.home, { credentials: "same-origin" });
    if (page.ok && !page.redirected) await cache.put(KNOWN.home, page);
};

self.addEventListener("activate", (event) => {
    const stale = (name) => name.startsWith(`card-${KNOWN.home}-`) && name !== CACHE;
    const take = async () => {
        const older = (await caches.keys()).filter(stale);
        await keepCard(older).catch(() => {});
        await Promise.all(older.map((name) => caches.delete(name)));
        await self.clients.claim();
    };
    event.waitUntil(take());
});

const fetchInTime = (request) =>
    Promise.race([fetch(request), new Promise((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE))]);

const pathOf = (url) => new URL(url).pathname;
const isHome = (url) => pathOf(url) === KNOWN.home;
const isWayIn = (url) => pathOf(url).startsWith(KNOWN.wayIn);

// What was kept says so by itself: the clock of a phone may be wrong.
const kept = async (cache) => {
    const page = await cache.match(KNOWN.home);
    if (!page) return undefined;
    const text = (await page.text()).replace("data-asof=", "data-kept data-asof=");
    return new Response(text, { headers: page.headers });
};

const open = async (request) => {
    const cache = await caches.open(CACHE);
    try {
        const home = isHome(request.url);
        const known = home && (await cache.match(KNOWN.home));
        const answer = await (known ? fetchInTime(request) : fetch(request));
        // the server is unwell: that ends nobody's login
        if (home && answer.status >= 500) return (await kept(cache)) || answer;
        if (home && answer.ok && !answer.redirected && isHome(answer.url)) await cache.put(KNOWN.home, answer.clone());
        // sent to the way in, or shown it: the card of somebody who is not logged in is not to be seen here
        else if (home || (isWayIn(request.url) && answer.ok)) await cache.delete(KNOWN.home);
        return answer;
    } catch {
        return (isHome(request.url) && (await kept(cache))) || (await cache.match(KNOWN.offline));
    }
};

self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET") return;
    if (request.mode === "navigate") event.respondWith(open(request));
    else if (KNOWN.parts.includes(new URL(request.url).pathname))
        event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept || fetch(request)));
});
