using MudBlazor;

namespace Pilotlight.WebConsole.Layout;

/// <summary>The component library in the console's colours; the rest is in the style sheet.</summary>
internal static class ConsoleTheme
{
    private static readonly string[] s_text = ["Plex Sans", "system-ui", "sans-serif"];

    public static MudTheme Instance { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#1b1d21",
            PrimaryContrastText = "#ffffff",
            Error = "#b3261e",
            Background = "#fbfaf8",
            Surface = "#ffffff",
            TextPrimary = "#1b1d21",
            TextSecondary = "#5d5f66",
            ActionDefault = "#5d5f66",
            Divider = "#e4e0d9",
            LinesInputs = "#8a8780",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#eceef1",
            PrimaryContrastText = "#14171c",
            Error = "#ff8a80",
            Background = "#0f1115",
            Surface = "#1b1f26",
            TextPrimary = "#e9ebee",
            TextSecondary = "#a3abb6",
            ActionDefault = "#a3abb6",
            Divider = "#2b313a",
            LinesInputs = "#747d89",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = s_text },
            Button = new ButtonTypography { FontFamily = s_text, TextTransform = "none", FontWeight = "500" },
            H6 = new H6Typography { FontFamily = s_text, FontSize = "1.0625rem", FontWeight = "600" },
        },
    };
}
