using System.CommandLine;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight completions SHELL</c>: a script that lets a shell complete this tool's commands and options.</summary>
/// <remarks>The script asks the tool itself, so that it never grows old.</remarks>
internal static class CompletionsCommand
{
    private const string Bash = """
        _pilotlight() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(pilotlight "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _pilotlight pilotlight
        """;

    private const string Zsh = """
        #compdef pilotlight
        _pilotlight() {
          local -a found
          found=("${(@f)$(pilotlight "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a found
        }
        compdef _pilotlight pilotlight
        """;

    private const string Fish = """
        complete -c pilotlight -f -a '(pilotlight "[suggest:"(commandline -C)"]" (commandline -b) 2>/dev/null)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName pilotlight -ScriptBlock {
          param($word, $line, $at)
          pilotlight "[suggest:$at]" "$line" 2>$null | Where-Object { $_ -like "$word*" } |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly Argument<string> Shell = new("SHELL") { Description = "bash, zsh, fish or powershell." };

    public static Command Create()
    {
        var command = new Command("completions", "Prints a script of completions for a shell: source <(pilotlight completions bash)") { Shell };
        Shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        command.SetAction(parsed => Console.WriteLine(parsed.GetValue(Shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => PowerShell,
        }));
        return command;
    }
}
