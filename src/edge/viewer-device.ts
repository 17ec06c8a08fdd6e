// What kind of device a User-Agent says it is, for the CloudFront-Is-…-Viewer headers. The real service's rules are not
// published but for "several may be true"; these tokens are ours, from what browsers and televisions send.

export interface ViewerDevice {
  readonly isAndroid: boolean;
  readonly isDesktop: boolean;
  readonly isIos: boolean;
  readonly isMobile: boolean;
  readonly isSmartTv: boolean;
  readonly isTablet: boolean;
}

// No pattern looks ahead without bound: a User-Agent of twenty kilobytes must not cost more than a pass or two.
const SMART_TV =
  /smart-?tv|smart_tv|hbbtv|google ?tv|apple ?tv|android ?tv|web0s|netcast|nettv|inettv|dlnadoc|bravia|viera|aquos|\broku|crkey|\baft[a-z]{1,4}\b|philipstv|opera tv|pov_tv/;
/** Television or watch, by what else is said. */
const MAYBE_TV = /tizen|webos|android/;
const TV = /\btv\b/;
/** Windows' `Tablet PC` is a component that desktops have. */
const TABLET = /ipad|tablet(?! pc)|kindle|\bkf[a-z]{2,5}\b|playbook|nexus (?:7|9|10)\b/;
const PHONE =
  /iphone|ipod|\bmobile\b|windows phone|iemobile|blackberry|\bbb10\b|opera mini|opera mobi|symbian|series ?60|nokia|\bmidp\b|webos|\bpalm/;

/** A tablet is mobile too; what is nothing else, and who sends no User-Agent, is a desktop. */
export function recognizeDevice(userAgent: string | undefined): ViewerDevice {
  const known = devices.get(userAgent);
  if (known !== undefined) return known;
  const device = recognize((userAgent ?? "").toLowerCase());
  if (devices.size < REMEMBERED_MAX && (userAgent ?? "").length <= REMEMBERED_LENGTH_MAX)
    devices.set(userAgent, device);
  return device;
}

/** The common ones are few; what comes when the table is full is recognized each time. */
const devices = new Map<string | undefined, ViewerDevice>();
const REMEMBERED_MAX = 1000;
const REMEMBERED_LENGTH_MAX = 512;

function recognize(agent: string): ViewerDevice {
  // Windows phones call themselves Android and iPhone too, to be sent mobile pages.
  const isWindowsPhone = agent.includes("windows phone");
  const isAndroid = agent.includes("android") && !isWindowsPhone;
  const saysMobile = agent.includes("mobile") || agent.includes("opera mobi");
  const isSmartTv = SMART_TV.test(agent) || (MAYBE_TV.test(agent) && TV.test(agent));
  // Android without Mobile is a tablet by Google's rule, and so is Amazon's Silk, unless it is a television.
  const isUnmarked = (isAndroid || agent.includes("silk/")) && !saysMobile;
  const isTablet = !isSmartTv && (isUnmarked || TABLET.test(agent));
  const isMobile = !isSmartTv && (isTablet || isAndroid || PHONE.test(agent));
  return {
    isAndroid,
    isDesktop: !isSmartTv && !isMobile,
    isIos: /iphone|ipad|ipod/.test(agent) && !isWindowsPhone,
    isMobile,
    isSmartTv,
    isTablet,
  };
}
