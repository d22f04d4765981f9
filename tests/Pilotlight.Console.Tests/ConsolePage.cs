using System.Collections.Concurrent;
using Microsoft.Playwright;
using Pilotlight.Core.Threads;

namespace Pilotlight.Console.Tests;

/// <summary>The console as a user has it before them.</summary>
public sealed class ConsolePage : IAsyncDisposable
{
    /// <summary>The longest wait for anything; the machine may be busy.</summary>
    public const float Patience = 60_000;

    private readonly ConcurrentQueue<string> _complaints = new();

    public ConsolePage(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue($"{message.Type}: {message.Text} {message.Location}");
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
    }

    public IPage Page { get; }

    /// <summary>What the browser's console has shown of errors and warnings.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public ILocator Message => Page.GetByLabel("Message", new PageGetByLabelOptions { Exact = true });

    public ILocator Answers => Page.Locator(".answer");

    public ILocator LastAnswer => Answers.Last;

    /// <summary>Goes to a page and waits until it can be used.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await Page.Locator(".shell, .sign-in").First.WaitForAsync();
    }

    public async Task SayAsync(string text)
    {
        await Page.Locator(".composer[data-ready]").WaitForAsync();
        await Message.FillAsync(text);
        await Message.PressAsync("Enter");
    }

    /// <summary>Waits until the last answer has ended in this way.</summary>
    public async Task<string> WaitForAnswerAsync(string status = "complete", int count = 1)
    {
        await Page.Locator($".answer.is-{status}").Nth(count - 1).WaitForAsync();
        return string.Join("\n\n", await LastAnswer.Locator(".prose").AllInnerTextsAsync());
    }

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
