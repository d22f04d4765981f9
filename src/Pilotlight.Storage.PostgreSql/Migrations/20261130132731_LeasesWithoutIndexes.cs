using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class LeasesWithoutIndexes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_leases_Epoch",
                table: "leases");

            migrationBuilder.DropIndex(
                name: "IX_leases_KeyId_ExpiresAt",
                table: "leases");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_leases_Epoch",
                table: "leases",
                column: "Epoch");

            migrationBuilder.CreateIndex(
                name: "IX_leases_KeyId_ExpiresAt",
                table: "leases",
                columns: new[] { "KeyId", "ExpiresAt" });
        }
    }
}
