import assert from "node:assert/strict";
import { test } from "node:test";
import { recognizeDevice } from "./viewer-device.ts";

// User-Agent → the kinds that it is: Android, Desktop, Ios, Mobile, Tv, taBlet
const AGENTS: readonly (readonly [string | undefined, string])[] = [
  [undefined, "D"],
  ["", "D"],
  ["curl/8.5.0", "D"],
  ["Custom User Agent String", "D"],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "D",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "D",
  ],
  ["Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0; InfoPath.3)", "D"],
  ["Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36", "D"],
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "D"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
    "IM",
  ],
  ["Mozilla/5.0 (iPod touch; CPU iPhone OS 12_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/16A366", "IM"],
  ["Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Mobile/15E148 Safari/604.1", "IMB"],
  ["Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36", "AM"],
  ["Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "AM"],
  ["Mozilla/5.0 (Android 14; Tablet; rv:132.0) Gecko/132.0 Firefox/132.0", "AMB"],
  ["Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36", "AMB"],
  [
    "Mozilla/5.0 (Linux; Android 4.4.3; KFTHWI Build/KTU84M) AppleWebKit/537.36 Silk/47.1 like Chrome/47 Safari/537.36",
    "AMB",
  ],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Silk/47.1 like Chrome/47 Safari/537.36", "MB"],
  ["Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2 Version/7.2.1.0 Safari/536.2", "MB"],
  [
    "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 like iPhone Mobile Safari/537.36 Edge/15",
    "M",
  ],
  ["Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ Version/10.0.9 Mobile Safari/537.10+", "M"],
  ["Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54", "M"],
  ["Nokia6100/1.0 (04.01) Profile/MIDP-1.0 Configuration/CLDC-1.0", "M"],
  ["Mozilla/5.0 (webOS/1.4.0; U; en-US) AppleWebKit/532.2 Version/1.0 Safari/532.2 Pre/1.1", "M"],
  ["Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/131 Mobile Safari/537.36 (compatible; Googlebot/2.1)", "AM"],
  ["Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 Version/6.0 TV Safari/537.36", "T"],
  ["Mozilla/5.0 (Linux; Tizen 2.3; SmartHub; X) AppleWebKit/538.1 TV Safari/538.1", "T"],
  ["Mozilla/5.0 (Linux; Tizen 4.0; SAMSUNG SM-Z400F) AppleWebKit/537.3 Mobile Safari/537.3", "M"],
  ["Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/79.0.3945.79 Safari/537.36 WebAppManager", "T"],
  ["Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) AppleWebKit/537.36 Chrome/70 Mobile Safari/537.36", "AT"],
  ["Mozilla/5.0 (Linux; Android 10; BRAVIA 4K VH2) AppleWebKit/537.36 Chrome/90 Safari/537.36", "AT"],
  ["Mozilla/5.0 (Linux; Android 11; Android TV Build/X) AppleWebKit/537.36", "AT"],
  ["AppleTV11,1/11.1", "T"],
  ["Roku/DVP-9.10 (519.10E04111A)", "T"],
  ["Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/537.36 Chrome/90 Safari/537.36 CrKey/1.54.250320", "T"],
  ["HbbTV/1.5.1 (+DRM;LGE;43UN7300;WEBOS5;)", "T"],
];

for (const [agent, kinds] of AGENTS) {
  test(`${agent?.slice(0, 100) ?? "no User-Agent"} is ${kinds}`, () => {
    const { isAndroid, isDesktop, isIos, isMobile, isSmartTv, isTablet } = recognizeDevice(agent);
    const found = [
      isAndroid && "A",
      isDesktop && "D",
      isIos && "I",
      isMobile && "M",
      isSmartTv && "T",
      isTablet && "B",
    ];
    assert.equal(found.filter(Boolean).join(""), kinds);
  });
}

test("a User-Agent as long as a header section may be is read in time", () => {
  for (const piece of ["tizen", "webos", "silk/", "tablet", "tv", "android ", "aft", "kf", " "]) {
    const started = performance.now();
    recognizeDevice(piece.repeat(Math.ceil(20_480 / piece.length)));
    assert(performance.now() - started < 50, piece);
  }
});
