/* global AdaptiveCards, markdownit */

/** Colours that Teams' phone clients publish (Teams-AdaptiveCards-Mobile, samples/HostConfig): the least legible ones that a reader may have. */
const themes = {
  light: {
    text: colors('#252424', '#bf252424', {
      accent: '#6264a7',
      good: '#92c353',
      warning: '#f8d22a',
      attention: '#c4314b',
    }),
    styledText: colors('#252424', '#bf252424', {
      accent: '#6264a7',
      good: '#92c353',
      warning: '#f8d22a',
      attention: '#c4314b',
    }),
    background: '#ffffff',
    emphasis: '#f9f8f7',
    line: '#eeeeee',
  },
  dark: {
    text: colors('#ffffff', '#bfffffff', {
      accent: '#a6a7dc',
      good: '#92c353',
      warning: '#f8d22a',
      attention: '#d74654',
    }),
    styledText: colors('#201f1f', '#2d2c2c', {
      accent: '#a6a7dc',
      good: '#92c353',
      warning: '#f8d22a',
      attention: '#d74654',
    }),
    background: '#2d2c2c',
    emphasis: '#292828',
    line: '#484644',
  },
};

function colors(plain, subtle, named) {
  const pairs = Object.entries({ default: plain, ...named }).map(([name, color]) => [
    name,
    { default: color, subtle: name === 'default' ? subtle : color },
  ]);
  return Object.fromEntries(pairs);
}

function hostConfig(theme) {
  const { text, styledText, background, emphasis, line } = themes[theme];
  const fontSizes = { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 };
  const fontWeights = { lighter: 200, default: 400, bolder: 600 };
  const font = (fontFamily) => ({ fontFamily, fontSizes, fontWeights });
  return new AdaptiveCards.HostConfig({
    supportsInteractivity: true,
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: line },
    fontTypes: {
      default: font("'Segoe UI', 'Open Sans', system-ui, sans-serif"),
      monospace: font("'Courier New', Courier, monospace"),
    },
    containerStyles: {
      default: { backgroundColor: background, foregroundColors: text },
      emphasis: { backgroundColor: emphasis, foregroundColors: text },
      accent: { backgroundColor: '#c7def9', foregroundColors: styledText },
      good: { backgroundColor: '#ccffcc', foregroundColors: styledText },
      attention: { backgroundColor: '#ffc5b2', foregroundColors: styledText },
      warning: { backgroundColor: '#ffe2b2', foregroundColors: styledText },
    },
    actions: { maxActions: 6, buttonSpacing: 8, actionsOrientation: 'horizontal', actionAlignment: 'left' },
    adaptiveCard: { allowCustomStyle: false },
  });
}

/** An Adaptive Card as Teams would draw it: Markdown in text blocks is rendered, in text runs it is not. */
export function renderCard(content, theme) {
  const markdown = markdownit();
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = hostConfig(theme);
  card.onExecuteAction = (action) => window.open(action.url, '_blank', 'noopener,noreferrer');
  card.parse(content);
  return card.render();
}
