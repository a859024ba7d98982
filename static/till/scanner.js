/* Reads codes in pictures, in a worker of its own: the page stays quick, and its strict policy for scripts need
   not allow WebAssembly, which only this worker runs. The first message says where the decoder is. */
"use strict";

const OPTIONS = {
    /* UPC-A is EAN-13 with a leading zero and comes out as that */
    formats: ["QRCode", "EAN13", "EAN8", "Code128", "DataMatrix", "Aztec", "PDF417"],
    tryHarder: true,
    tryRotate: true,
    tryInvert: false,
    maxNumberOfSymbols: 1,
};

async function load({ decoder, wasm }) {
    try {
        self.importScripts(decoder);
        await self.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
        self.postMessage({ ready: true });
    } catch (error) {
        self.postMessage({ broken: String(error) });
    }
}

async function read(picture) {
    const [seen] = await self.ZXingWASM.readBarcodes(picture, OPTIONS).catch(() => []);
    self.postMessage({ seen: (seen?.isValid && seen.text) || null });
}

self.addEventListener("message", ({ data }) => (data.picture ? read(data.picture) : load(data)));
