using Microsoft.EntityFrameworkCore;

namespace Pilotlight.Storage;

/// <summary>The one model for every database; migrations live in a project for each.</summary>
public sealed class PilotlightDbContext(DbContextOptions<PilotlightDbContext> options) : DbContext(options)
{
    internal DbSet<ThreadRow> Threads => Set<ThreadRow>();

    internal DbSet<MessageRow> Messages => Set<MessageRow>();

    internal DbSet<TurnRow> Turns => Set<TurnRow>();

    internal DbSet<EventRow> Events => Set<EventRow>();

    internal DbSet<EpochRow> Epochs => Set<EpochRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ThreadRow>(row =>
        {
            row.ToTable("threads").HasKey(thread => thread.Id);
            row.HasIndex(thread => new { thread.UpdatedAt, thread.Id });
        });
        modelBuilder.Entity<MessageRow>(row =>
        {
            row.ToTable("messages").HasKey(message => message.Sequence);
            row.Property(message => message.Sequence).ValueGeneratedOnAdd();
            row.HasIndex(message => message.Id).IsUnique();
            row.HasIndex(message => new { message.ThreadId, message.Sequence });
            row.HasOne<ThreadRow>().WithMany().HasForeignKey(message => message.ThreadId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<TurnRow>(row =>
        {
            row.ToTable("turns").HasKey(turn => turn.Id);
            row.HasIndex(turn => new { turn.ThreadId, turn.IdempotencyKey }).IsUnique();
            row.HasIndex(turn => turn.State);
            row.HasOne<ThreadRow>().WithMany().HasForeignKey(turn => turn.ThreadId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<EventRow>(row =>
        {
            row.ToTable("events").HasKey(stored => new { stored.TurnId, stored.EventId });
            row.HasOne<TurnRow>().WithMany().HasForeignKey(stored => stored.TurnId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<EpochRow>(row =>
        {
            row.ToTable("epochs").HasKey(epoch => epoch.Id);
            row.Property(epoch => epoch.Id).ValueGeneratedNever();
        });
    }
}
