// The code on the card: RFC 6238 over a secret of this device, made here, without a network too.
(() => {
    const pass = document.querySelector("[data-secret]");
    if (!pass) return;
    const { number, secret, step, digits } = pass.dataset;
    const full = document.querySelector("[data-full]");

    // The worker marks a page that was kept here and did not come just now.
    const asOf = document.querySelector("[data-asof]");
    const showAge = () => {
        asOf.hidden = !("kept" in asOf.dataset || !navigator.onLine);
    };

    const codeAt = async (moment) => {
        const counter = new DataView(new ArrayBuffer(8));
        counter.setBigUint64(0, BigInt(Math.floor(moment / 1000 / step)));
        const raw = Uint8Array.from(atob(secret), (letter) => letter.charCodeAt(0));
        const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
        const digest = new DataView(await crypto.subtle.sign("HMAC", key, counter));
        const offset = digest.getUint8(19) & 15;
        const value = (digest.getUint32(offset) & 0x7fffffff) % 10 ** digits;
        return number + String(value).padStart(digits, "0");
    };

    const SVG = "http://www.w3.org/2000/svg";
    qrcode.stringToBytes = (text) => Array.from(new TextEncoder().encode(text));
    const draw = (code, mode, places) => {
        const symbol = qrcode(0, "M");
        symbol.addData(code, mode);
        symbol.make();
        const size = symbol.getModuleCount();
        let path = "";
        for (let row = 0; row < size; row += 1)
            for (let column = 0; column < size; column += 1)
                if (symbol.isDark(row, column)) path += `M${column + 4} ${row + 4}h1v1h-1z`;
        places.forEach((place) => {
            const svg = document.createElementNS(SVG, "svg");
            svg.setAttribute("viewBox", `0 0 ${size + 8} ${size + 8}`);
            svg.setAttribute("shape-rendering", "crispEdges");
            [["#fff", `M0 0h${size + 8}v${size + 8}H0z`], ["#000", path]].forEach(([fill, d]) => {
                const drawn = document.createElementNS(SVG, "path");
                drawn.setAttribute("fill", fill);
                drawn.setAttribute("d", d);
                svg.append(drawn);
            });
            place.replaceChildren(svg);
        });
    };

    let shown = "";
    const refresh = async () => {
        showAge();
        const code = await codeAt(Date.now());
        if (code !== shown) draw(code, "Numeric", document.querySelectorAll("[data-qr]"));
        shown = code;
    };
    // Not over plain HTTP: then the server's picture is shown, good for a few minutes, as the page is.
    const picture = () =>
        document.querySelectorAll("[data-qr]").forEach((place) => {
            const image = new Image();
            image.src = `${pass.querySelector("[data-picture]").dataset.picture}?${Date.now()}`;
            image.alt = "";
            place.replaceChildren(image);
        });
    const changing = window.crypto && crypto.subtle;
    if (changing) refresh();
    else {
        showAge();
        picture();
    }
    setInterval(changing ? refresh : picture, changing ? 1000 : 60000);

    // Coupons, when they are opened: from what is on the page, so without a network too.
    const plain = /^[0-9A-Z $%*+./:-]+$/;
    document.querySelectorAll("details.coupon").forEach((coupon) =>
        coupon.addEventListener("toggle", () => {
            const place = coupon.querySelector("[data-code]");
            const { code } = place.dataset;
            if (coupon.open && !place.querySelector("svg")) draw(code, plain.test(code) ? "Alphanumeric" : "Byte", [place]);
        }),
    );

    // The screen stays awake while the code fills it, where the browser lets; a browser lets go of it in the background.
    let awake = null;
    const stay = async () => {
        if (!("wakeLock" in navigator) || !full.open || document.visibilityState !== "visible") return;
        const lock = await navigator.wakeLock.request("screen").catch(() => null);
        if (full.open) awake = lock;
        else if (lock) lock.release();
    };
    const open = () => {
        full.showModal();
        stay();
    };
    const close = () => full.close();
    full.addEventListener("close", () => {
        if (awake) awake.release();
        awake = null;
    });
    document.addEventListener("visibilitychange", stay);
    pass.querySelector("[data-open-card]").addEventListener("click", open);
    full.addEventListener("click", close);
})();
