// What a reader of link previews sees at each URL it is given: node read_preview.mjs READER URL...
// Prints an array of {title, description, image, url, siteName, locale, ...}; a member that the reader does not give
// is not there.

const readers = {
  async 'open-graph-scraper'(url) {
    const {default: read} = await import('open-graph-scraper');
    const {result} = await read({url});
    const [image] = result.ogImage;
    return {
      title: result.ogTitle, description: result.ogDescription, url: result.ogUrl, siteName: result.ogSiteName,
      locale: result.ogLocale, type: result.ogType, image: image.url, imageType: image.type,
      imageWidth: Number(image.width), imageHeight: Number(image.height), imageAlt: image.alt,
      images: result.ogImage.length, card: result.twitterCard, charset: result.charset.toLowerCase(),
    };
  },
  async 'unfurl.js'(url) {
    const {unfurl} = await import('unfurl.js');
    const {title, description, open_graph: og, twitter_card: twitter} = await unfurl(url);
    const [image] = og.images;
    return {
      pageTitle: title, pageDescription: description, title: og.title, description: og.description, url: og.url,
      siteName: og.site_name, locale: og.locale, type: og.type, image: image.url, imageSecure: image.secure_url,
      imageType: image.type, imageWidth: Number(image.width), imageHeight: Number(image.height), imageAlt: image.alt,
      images: og.images.length, card: twitter.card,
    };
  },
  async 'url-metadata'(url) {
    const {default: read} = await import('url-metadata');
    const page = await read(url, {requestFilteringAgentOptions: {allowPrivateIPAddress: true}});
    return {
      pageTitle: page.title, pageDescription: page.description, language: page.lang, title: page['og:title'],
      description: page['og:description'], url: page['og:url'], siteName: page['og:site_name'],
      locale: page['og:locale'], type: page['og:type'], image: page['og:image'],
      imageSecure: page['og:image:secure_url'], imageType: page['og:image:type'],
      imageWidth: Number(page['og:image:width']), imageHeight: Number(page['og:image:height']),
      imageAlt: page['og:image:alt'], card: page['twitter:card'],
    };
  },
  async 'link-preview-js'(url) {
    // It never fetches from loopback itself.
    const {getPreviewFromContent} = await import('link-preview-js');
    const answer = await fetch(url, {headers: {accept: 'text/html'}});
    const headers = Object.fromEntries(answer.headers);
    const page = await getPreviewFromContent({url, headers, data: await answer.text()});
    return {
      title: page.title, description: page.description, siteName: page.siteName, type: page.mediaType,
      image: page.images[0], images: page.images.length, charset: page.charset?.toLowerCase(),
    };
  },
};

const [reader, ...urls] = process.argv.slice(2);
console.log(JSON.stringify(await Promise.all(urls.map(readers[reader]))));
