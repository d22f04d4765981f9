using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class TurnsEndedOnce : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "CancelRequestedAt",
                table: "turns",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "CacheReadTokens",
                table: "leases",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "CacheWriteTokens",
                table: "leases",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "CostNanoUsd",
                table: "leases",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "InputTokens",
                table: "leases",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "Model",
                table: "leases",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "OutputTokens",
                table: "leases",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateIndex(
                name: "IX_leases_Epoch",
                table: "leases",
                column: "Epoch");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_leases_Epoch",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "CancelRequestedAt",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "CacheReadTokens",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "CacheWriteTokens",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "CostNanoUsd",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "InputTokens",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "Model",
                table: "leases");

            migrationBuilder.DropColumn(
                name: "OutputTokens",
                table: "leases");
        }
    }
}
