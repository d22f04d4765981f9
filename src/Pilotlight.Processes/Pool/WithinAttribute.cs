using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Pilotlight.Processes;

/// <summary>
/// A setting's smallest and largest value; what is outside is told with its value, which <see cref="RangeAttribute"/> does not
/// do.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WithinAttribute : ValidationAttribute
{
    private readonly IComparable _least;
    private readonly IComparable _most;

    public WithinAttribute(int least, int most) => (_least, _most) = (least, most);

    public WithinAttribute(long least, long most) => (_least, _most) = (least, most);

    /// <summary>Of times, as <c>00:00:01</c>.</summary>
    public WithinAttribute(string least, string most) =>
        (_least, _most) = (Time(least), Time(most));

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is null || (_least.CompareTo(value) <= 0 && _most.CompareTo(value) >= 0)
            ? ValidationResult.Success
            : new ValidationResult(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{validationContext.MemberName} is {value}; it must be from {_least} to {_most}."),
                [validationContext.MemberName!]);

    private static TimeSpan Time(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A setting that is one of its type's names.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KnownAttribute : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is Enum known && Enum.IsDefined(known.GetType(), known)
            ? ValidationResult.Success
            : new ValidationResult(
                $"{validationContext.MemberName} is {value}; it must be {string.Join(" or ", Enum.GetNames(value!.GetType()))}.",
                [validationContext.MemberName!]);
}
