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

    internal DbSet<KeyRow> Keys => Set<KeyRow>();

    internal DbSet<UsageRow> Usage => Set<UsageRow>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ThreadRow>(row =>
        {
            row.ToTable("threads").HasKey(thread => thread.Id);
            row.Property(thread => thread.Owner).HasDefaultValue("local");
            row.HasIndex(thread => new { thread.UpdatedAt, thread.Id });
            row.HasIndex(thread => new { thread.Owner, thread.UpdatedAt, thread.Id });
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
            row.Property(turn => turn.KeyId).HasDefaultValue("local");
            row.HasIndex(turn => new { turn.ThreadId, turn.KeyId, turn.IdempotencyKey }).IsUnique();

            // Of the few turns that have not ended; and a thread has one of them at most, whoever asks at the same moment.
            row.HasIndex(turn => turn.ThreadId, "IX_turns_running").IsUnique().HasFilter("\"State\" <= 1");
            row.HasOne<ThreadRow>().WithMany().HasForeignKey(turn => turn.ThreadId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<EventRow>(row =>
        {
            row.ToTable("events").HasKey(stored => new { stored.TurnId, stored.EventId });
            row.HasOne<TurnRow>().WithMany().HasForeignKey(stored => stored.TurnId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<ApprovalRow>(row =>
        {
            row.ToTable("approvals").HasKey(approval => approval.Id);
            row.HasIndex(approval => approval.ThreadId);

            // Of the few that wait; and a turn waits with one of them at a time.
            row.HasIndex(approval => approval.TurnId, "IX_approvals_pending").IsUnique().HasFilter("\"State\" = 0");
            row.HasIndex(approval => approval.TurnId);
            row.HasOne<ThreadRow>().WithMany().HasForeignKey(approval => approval.ThreadId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<EpochRow>(row =>
        {
            row.ToTable("epochs").HasKey(epoch => epoch.Id);
            row.Property(epoch => epoch.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<ServerRow>(row =>
        {
            row.ToTable("servers").HasKey(server => server.Epoch);
            row.Property(server => server.Epoch).ValueGeneratedNever();
        });
        modelBuilder.Entity<KeyRow>(row =>
        {
            row.ToTable("keys").HasKey(key => key.Id);
            row.HasIndex(key => key.CreatedAt);
        });
        modelBuilder.Entity<BudgetRow>(row => row.ToTable("budgets").HasKey(budget => new { budget.KeyId, budget.Period }));

        // No more rows than turns run: an index more would cost every turn more than it saves anybody.
        modelBuilder.Entity<LeaseRow>(row => row.ToTable("leases").HasKey(lease => lease.Id));
        modelBuilder.Entity<UsageRow>(row =>
        {
            row.ToTable("usage").HasKey(usage => new { usage.KeyId, usage.Day, usage.Model });
            row.HasIndex(usage => usage.Day);
        });
    }
}
