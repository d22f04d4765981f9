namespace Pilotlight.Gateway.Anthropic;

/// <summary>Models in the Anthropic API's own shape.</summary>
internal static class AnthropicModels
{
    // An alias is of no date.
    private const string NoDate = "1970-01-01T00:00:00Z";

    public static AnthropicModelList List(IEnumerable<string> names)
    {
        var items = names.Select(Item).ToArray();
        return new AnthropicModelList(items, HasMore: false, items.FirstOrDefault()?.Id, items.LastOrDefault()?.Id);
    }

    public static AnthropicModel Item(string name) => new(name, "model", name, NoDate);
}
